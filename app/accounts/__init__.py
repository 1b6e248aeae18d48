"""Users, roles, tokens, audit trail."""
