"""ELBERT: early exit for ALBERT, made visible.

The public names are listed in the stub beside this file and loaded when first asked for, so that
`import elbert_core` costs neither torch nor transformers. Policies, results and replay need numpy
and scipy only.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
