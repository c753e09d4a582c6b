"""What checkpoints are made of: files forced onto the disk, manifests that tell whether they are good."""
