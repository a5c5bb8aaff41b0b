"""{path: File} ↔ disk: read, plan, manifest, write."""
