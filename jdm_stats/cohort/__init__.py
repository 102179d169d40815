"""What is known of the children: tables, their rules, their files, their steroids."""
