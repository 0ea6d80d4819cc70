"""What a patient sends of their own, and what the clinic fills in with them."""
