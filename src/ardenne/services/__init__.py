"""Services: vertical slices over the kernel; see ARCHITECTURE.md."""
