"""The course as a web page that answers, without a server."""
