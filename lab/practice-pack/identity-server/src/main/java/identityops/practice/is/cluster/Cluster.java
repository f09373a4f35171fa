// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.is.cluster;

import identityops.practice.is.conf.Carbon;
import identityops.practice.is.conf.CarbonHome;
import identityops.practice.is.conf.ConfigurationException;
import identityops.practice.is.conf.Placeholders;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Iterator;
import javax.xml.namespace.QName;
import javax.xml.stream.XMLStreamException;
import org.apache.axiom.om.OMElement;
import org.apache.axiom.om.impl.builder.StAXOMBuilder;
import org.apache.axis2.AxisFault;
import org.apache.axis2.clustering.ClusteringAgent;
import org.apache.axis2.clustering.ClusteringFault;
import org.apache.axis2.context.ConfigurationContext;
import org.apache.axis2.deployment.ClusterBuilder;
import org.apache.axis2.description.Parameter;
import org.apache.axis2.description.TransportInDescription;
import org.apache.axis2.engine.AxisConfiguration;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.wso2.carbon.caching.impl.DataHolder;
import org.wso2.carbon.core.clustering.hazelcast.HazelcastClusteringAgent;

/** The product's clustering agent, built by Axis2's ClusterBuilder from the clustering element of axis2.xml. */
public final class Cluster {
    private static final Log LOG = LogFactory.getLog("org.wso2.carbon.core.util.ClusteringUtil");
    private final AxisConfiguration configuration = new AxisConfiguration();
    private ClusteringAgent agent;

    /** Reads axis2.xml: the ports of the HTTP transports, and whether there is a cluster. */
    public void configure() {
        OMElement axisconfig = read();
        try {
            transports(axisconfig);
            OMElement clustering = axisconfig.getFirstChildWithName(new QName("clustering"));
            if (clustering != null) {
                new ClusterBuilder(configuration).buildCluster(clustering);
            }
        } catch (AxisFault e) {
            throw new ConfigurationException("axis2.xml: " + e.getMessage(), e);
        }
        agent = configuration.getClusteringAgent();
    }

    private static OMElement read() {
        try (InputStream in = new FileInputStream(CarbonHome.conf("axis2/axis2.xml"))) {
            OMElement element = new StAXOMBuilder(in).getDocumentElement();
            element.build();
            return element;
        } catch (IOException | XMLStreamException e) {
            throw new ConfigurationException("Cannot read axis2.xml: " + e.getMessage(), e);
        }
    }

    private void transports(OMElement axisconfig) throws AxisFault {
        for (Iterator<?> receivers = axisconfig.getChildrenWithLocalName("transportReceiver"); receivers.hasNext();) {
            OMElement receiver = (OMElement) receivers.next();
            TransportInDescription transport = new TransportInDescription(receiver.getAttributeValue(new QName("name")));
            for (Iterator<?> parameters = receiver.getChildrenWithLocalName("parameter"); parameters.hasNext();) {
                OMElement parameter = (OMElement) parameters.next();
                transport.addParameter(new Parameter(parameter.getAttributeValue(new QName("name")), Placeholders.resolve(parameter.getText().trim())));
            }
            // Only its ports are of interest; nothing receives through it.
            configuration.getTransportsIn().put(transport.getName(), transport);
        }
    }

    /** Joins the cluster; returns at once when clustering is off. */
    public void join() {
        if (agent == null) {
            return;
        }
        try {
            ConfigurationContext context = new ConfigurationContext(configuration);
            agent.setConfigurationContext(context);
            agent.init();
        } catch (ClusteringFault | RuntimeException e) {
            LOG.error("Cannot initialize cluster", e);
            throw new ConfigurationException("Cannot initialize cluster", e);
        }
        DataHolder caching = DataHolder.getInstance();
        caching.setClusteringAgent(agent);
        caching.setDistributedMapProvider(((HazelcastClusteringAgent) agent).getDistributedMapProvider());
    }

    /** The port that a transport of axis2.xml names, shifted by the offset. */
    public int port(String transport) {
        TransportInDescription found = configuration.getTransportIn(transport);
        return Integer.parseInt((String) found.getParameter("port").getValue()) + Carbon.portOffset();
    }

    public void leave() {
        if (agent != null) {
            ((HazelcastClusteringAgent) agent).stop();
        }
    }
}
