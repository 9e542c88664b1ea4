import de.bwaldvogel.mongo.MongoServer;

/** Usage: EmbeddedMongo PORT [H2_FILE]. Serves on 127.0.0.1; with H2_FILE the data survives a restart. */
public final class EmbeddedMongo {
    public static void main(String[] arguments) {
        if (arguments.length < 1 || arguments.length > 2) {
            System.err.println("usage: EmbeddedMongo PORT [H2_FILE]");
            System.exit(2);
        }
        int port = Integer.parseInt(arguments[0]);
        MongoServer server = new MongoServer(arguments.length == 2 ? new FileStore(arguments[1]) : new MemoryStore());
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
        server.bind("127.0.0.1", port);
        System.out.println("listening on 127.0.0.1:" + port);
    }

    private EmbeddedMongo() {}
}
