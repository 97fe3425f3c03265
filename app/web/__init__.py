"""What every room of the web portal shares: transactions, access, sessions, errors, headers, pages, limits."""
