"""Training runs: data, losses, teachers, students, distillation."""
