"""How numbers and dates are written in other languages, where the clinic does it otherwise than Django."""
