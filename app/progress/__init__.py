"""What a learner has done and remembers; reads only."""
