"""What is on the screen: text, controls, icons, accessibility, and what changed between two pictures."""
