"""Instruments that prove a desktop. Shipped for tests; no other part imports them."""
