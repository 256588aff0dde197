"""What programs say of their own controls over the accessibility bus (AT-SPI), under any window system."""
