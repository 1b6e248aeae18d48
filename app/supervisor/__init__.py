"""One command, several processes: broker, worker, scheduler and web server (`python -m app.supervisor`)."""
