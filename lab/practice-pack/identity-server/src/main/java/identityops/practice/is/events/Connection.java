// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.events;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLSocketFactory;

/** One line of JSON out, one line of JSON back: the protocol that both practice packs speak in place of Thrift. */
final class Connection implements Closeable {
    private final Socket socket;
    private final BufferedReader in;
    private final OutputStream out;

    private Connection(Socket socket, int timeout) throws IOException {
        this.socket = socket;
        socket.setSoTimeout(timeout);
        in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        out = socket.getOutputStream();
    }

    static Connection plain(String host, int port, int timeout) throws IOException {
        return new Connection(connected(host, port, timeout), timeout);
    }

    /** The receiver's certificate must lead to one of the trust store; its name is not compared, as in Thrift. */
    static Connection secure(String host, int port, int timeout) throws IOException {
        Socket plain = connected(host, port, timeout);
        try {
            return new Connection(((SSLSocketFactory) SSLSocketFactory.getDefault()).createSocket(plain, host, port, true), timeout);
        } catch (IOException e) {
            plain.close();
            throw e;
        }
    }

    private static Socket connected(String host, int port, int timeout) throws IOException {
        Socket socket = new Socket();
        try {
            socket.connect(new InetSocketAddress(host, port), timeout);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** The answer; an answer that is an error is an exception. */
    JsonObject ask(JsonObject request) throws IOException {
        out.write((request + "\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
        String line = in.readLine();
        if (line == null) {
            throw new IOException("the receiver closed the connection");
        }
        try {
            JsonObject answer = new JsonParser().parse(line).getAsJsonObject();
            if (answer.has("error")) {
                throw new RefusedException(answer.get("error").getAsString());
            }
            return answer;
        } catch (JsonParseException | IllegalStateException e) {
            throw new IOException("the receiver's answer cannot be read", e);
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
