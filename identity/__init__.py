"""Who: users, their credentials and devices, and the tokens that name them."""
