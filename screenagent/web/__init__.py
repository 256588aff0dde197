"""A page in the browser that shows a live run and takes a person's answers. A face, as the console is one."""
