"""What stored passes over a data set tell: tables, sweeps, comparisons, guarantees."""
