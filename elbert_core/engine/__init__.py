"""The running model: steps, layouts, schedules, devices."""
