"""How it runs: HTTP, the execution of operations, the worker and the commands."""
