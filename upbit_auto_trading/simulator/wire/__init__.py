"""What both protocols share: spelling, request limits, answers, faults at the door."""
