"""Stores beside which the historian is measured, itself among them: one module each, all asked the same questions."""
