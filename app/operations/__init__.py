"""Running a site: who lives, what is full, what failed and whom it was told; backups, figures and traces."""
