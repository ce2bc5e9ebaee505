"""What makes mails ready to be sent: MJML compiled to HTML, and a gallery in which every mail is looked at."""
