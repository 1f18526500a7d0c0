"""How fast payments are counted, beside what people would write instead."""
