"""What people see in a browser: shells for the scripts of `web/`, and pages that need none."""
