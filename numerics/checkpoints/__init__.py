"""What checkpoints are made of: manifests that tell whether they are good."""
