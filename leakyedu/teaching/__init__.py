"""What every lesson uses, knowing none of them: exercises, labs, pictures and the learner's progress."""
