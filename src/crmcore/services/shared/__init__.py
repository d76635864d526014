"""Steps that several stories share. A step runs inside a story's unit; it opens none and tells no story."""
