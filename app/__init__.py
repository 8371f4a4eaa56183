"""What people see. The science is in `elbert_core`; nothing here does model maths."""
