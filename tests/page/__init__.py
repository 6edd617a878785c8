"""The page in a real browser against the real server: what a person sees and does."""
