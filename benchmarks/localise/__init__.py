"""Root-cause localisation measured: Paywatch beside published methods, on real and made cases."""
