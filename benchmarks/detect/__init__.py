"""Detection measured: Paywatch beside what users have today, on labelled and on real traffic."""
