"""Long work beside a running server: kept, resumed after a crash, told about, cancelled."""
