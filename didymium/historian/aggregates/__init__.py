"""OPC UA Part 13 aggregates of the history, exact to the standard's text and worked examples."""
