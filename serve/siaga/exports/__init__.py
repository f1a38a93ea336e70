"""What leaves the service: tables, a report to print, pictures with corrected labels."""
