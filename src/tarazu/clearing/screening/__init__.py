"""Name screening: lists read, names taken into parts, compared, and a verdict on each name.

A verdict is about names alone. `screen.NOT_CHECKED` says what nobody has looked at; a hit is never
cleared by the software.
"""
