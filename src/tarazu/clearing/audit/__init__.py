"""The journal replayed by somebody who trusts nothing else: an implementation of its own, apart from booking.

What books and what audits share only the scheme, its calendar and the formula of interest; everything else is
written twice, so that one mistake cannot hide itself. `tarazu.clearing.verify.verify` is the way in.
"""
