"""`make run`: starts broker, sandbox, web, worker and tick, and ends them all."""
