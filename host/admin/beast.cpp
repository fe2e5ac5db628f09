// The compiled parts of Beast and Asio, once for the server and the client.

#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
