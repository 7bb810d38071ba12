"""What goes where 什么垃圾投哪里: common things, how they are found, and what a community settles for its own place."""
