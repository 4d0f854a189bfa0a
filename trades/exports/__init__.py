"""The history as a file: which columns, in which form, with which words in front."""
