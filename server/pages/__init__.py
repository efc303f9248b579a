"""What people see in a browser: plain pages, with no framework and no build."""
