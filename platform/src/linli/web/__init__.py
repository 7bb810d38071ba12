"""The web: how a request finds its way, how pages and answers are made. Domains bring their own handlers."""
