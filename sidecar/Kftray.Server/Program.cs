// Starts empty: the relay's parts come one by one.
return 0;
