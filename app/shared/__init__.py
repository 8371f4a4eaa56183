"""What pages really share; knows no page."""
