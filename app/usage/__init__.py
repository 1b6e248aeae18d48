"""How the application is used: searches, feedback, daily statistics, and the long jobs."""
