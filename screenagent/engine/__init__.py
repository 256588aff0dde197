"""Phi-4-reasoning-vision in plain PyTorch: tokens, pictures and text in, thought and answer out."""
