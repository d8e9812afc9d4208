"""The first alarm of every fault: what is tried where, what must come first, what was heard."""
