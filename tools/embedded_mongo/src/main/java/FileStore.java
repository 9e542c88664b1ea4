import de.bwaldvogel.mongo.MongoCollection;
import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.Cursor;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.QueryParameters;
import de.bwaldvogel.mongo.backend.QueryResult;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.backend.h2.H2Collection;
import de.bwaldvogel.mongo.backend.h2.H2Database;
import de.bwaldvogel.mongo.bson.Document;
import java.util.List;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;

/** Data in a file, which survives a restart. */
final class FileStore extends H2Backend {
    FileStore(String file) {
        super(file);
    }

    @Override
    protected MongoDatabase openOrCreateDatabase(String databaseName) {
        MVStore store = getMvStore();
        return new H2Database(databaseName, store, getCursorRegistry()) {
            @Override
            protected MongoCollection<Object> openOrCreateCollection(String collectionName, CollectionOptions options) {
                // By the names H2Database gives them, and looks for when it drops or moves a collection.
                String namespace = getFullCollectionNamespace(collectionName);
                return new Collection(this, collectionName, options, store.openMap("databases." + namespace),
                    store.openMap("meta." + namespace), cursorRegistry);
            }

            @Override
            protected Index<Object> openOrCreateUniqueIndex(
                String collectionName, String indexName, List<IndexKey> keys, boolean sparse) {
                return MemberIndex.isMeantBy(keys)
                    ? new MemberIndex<>(indexName, keys, sparse)
                    : super.openOrCreateUniqueIndex(collectionName, indexName, keys, sparse);
            }
        };
    }

    private static final class Collection extends H2Collection {
        /** What it finds then, it changes in place. */
        private boolean isFindingToModify;

        Collection(H2Database database, String name, CollectionOptions options, MVMap<Object, Document> data,
            MVMap<String, Object> meta, CursorRegistry cursors) {
            super(database, name, options, data, meta, cursors);
        }

        @Override
        public synchronized QueryResult handleQuery(QueryParameters parameters) {
            QueryResult result = super.handleQuery(parameters);
            return isFindingToModify ? result : Copies.of(result);
        }

        @Override
        protected Cursor createCursor(List<Document> remaining) {
            return super.createCursor(Copies.of(remaining));
        }

        @Override
        public synchronized Document findAndModify(Document query) {
            isFindingToModify = true;
            try {
                return super.findAndModify(query).cloneDeeply();
            } finally {
                isFindingToModify = false;
            }
        }
    }
}
