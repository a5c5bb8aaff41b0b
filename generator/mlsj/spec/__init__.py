"""curriculum.yaml → Curriculum: source text and positions, the typed model, rules, diagnostics."""
