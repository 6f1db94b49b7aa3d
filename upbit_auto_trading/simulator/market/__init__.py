"""The market itself: prices, trades, books, tickers and candles as functions of time."""
